/* Network command that opens telnet on cameras and recorders */
rule open_once
{
	meta:
		title = "network command that opens telnet on cameras and recorders"
		severity = "critical"
		confidence = "high"
		target = "elf"
		explanation = "The device takes a secret command over the network (known for port 9530) that starts a remote command line with an account that the owner cannot see."
		ask_vendor = "Why does this firmware contain this function, which models have it, and in which version is it gone?"
		cwe = 912
		cwe = 798
		reference = "https://habr.com/en/articles/486856/"
	strings:
		$a = "OpenTelnet:OpenOnce"
	condition:
		$a
}
