/* Start-up script sets a fixed password */
rule chpasswd_fixed
{
	meta:
		title = "start-up script sets a fixed password"
		severity = "high"
		confidence = "high"
		target = "script, config, elf"
		explanation = "A script gives an account a password that stands in the script, and so is the same in every unit."
		ask_vendor = "Why is this way in open on shipped devices, and how does the owner close it for good?"
		cwe = 798
	strings:
		$a = /echo[ \t]+(-e[ \t]+)?["\']?(root|admin|Admin):[^\s"\'$`:%<]{1,40}["\']?[ \t]*\|[ \t]*(busybox[ \t]+)?chpasswd/
		$b = /echo[ \t]+-e[ \t]+["\']([^"\'$\\\s]{1,30})\\n[^"\'$\\\s]{1,30}(\\n)?["\'][ \t]*\|[ \t]*passwd\b/
	condition:
		any of them
}
