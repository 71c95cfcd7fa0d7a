/* Telnet login with the fixed user Alphanetworks */
rule telnet_account
{
	meta:
		title = "telnet login with the fixed user Alphanetworks"
		severity = "critical"
		confidence = "high"
		target = "elf"
		explanation = "The device starts a remote command line with a user name that is the same in every unit and a password that stands in the firmware itself."
		ask_vendor = "Why does this firmware contain this function, which models have it, and in which version is it gone?"
		cwe = 912
		cwe = 798
	strings:
		$login = /-u\s+["']?Alphanetworks:/
	condition:
		$login
}
