/* Hidden accounts of fibre boxes */
rule fixed_accounts
{
	meta:
		title = "hidden accounts of fibre boxes"
		severity = "critical"
		confidence = "high"
		target = "elf, script, config, web"
		explanation = "Accounts and passwords of internet providers stand in the program. They are the same in every unit and public."
		ask_vendor = "Why is this function in shipped devices, which models have it, and in which version is it gone?"
		cwe = 912
		cwe = 798
		reference = "https://pierrekim.github.io/blog/2021-01-12-fiberhome-ont-0day-vulnerabilities.html"
	strings:
		$a = "f~i!b@e#r$h%o^m*e"
		$b = "s(f)u_h+g|u"
		$c = "6GFJdY4aAuUKJjdtSn7d"
		$d = "t3l3buc4r4m4ng42013"
	condition:
		any of them
}
