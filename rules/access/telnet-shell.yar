/* Remote command line without a password */
rule no_login
{
	meta:
		title = "remote command line without a password"
		severity = "critical"
		confidence = "high"
		target = "elf"
		kind = "access/telnet-shell/no_login"
		explanation = "Telnet is started so that it gives a shell at once, without asking for a name or password."
		ask_vendor = "Why is this way in open on shipped devices, and how does the owner close it for good?"
		cwe = 306
		reference = "https://cwe.mitre.org/data/definitions/306.html"
	strings:
		$a = /\btelnetd\b[^\n\x00;|&]{0,80}[ \t]-l[ \t]*["\']?\/bin\/(a|ba)?sh\b/
	condition:
		$a
}
