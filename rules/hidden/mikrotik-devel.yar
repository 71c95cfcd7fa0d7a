/* Hidden developer account */
rule devel_login
{
	meta:
		title = "hidden developer account"
		severity = "high"
		confidence = "medium"
		target = "elf"
		explanation = "If a certain file exists, an account named devel gets a root command line with the administrator's password. The manual does not mention it."
		ask_vendor = "Can the file be created on shipped devices, and who is meant to use the account?"
		false_alarm = "Newer versions have removed the file but may keep its name."
		cwe = 912
		reference = "https://github.com/tenable/routeros"
	strings:
		$a = "nova/etc/devel-login"
	condition:
		$a
}
