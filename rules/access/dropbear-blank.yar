/* SSH lets accounts in without a password */
rule blank_password
{
	meta:
		title = "SSH lets accounts in without a password"
		severity = "high"
		confidence = "high"
		target = "script, config, elf"
		explanation = "The SSH server is started with the option that accepts empty passwords."
		ask_vendor = "Why is this way in open on shipped devices, and how does the owner close it for good?"
		cwe = 258
	strings:
		$a = /\bdropbear[ \t][^\n\x00;|]{0,100}-[A-Za-z]{0,6}B\b/
	condition:
		$a
}
