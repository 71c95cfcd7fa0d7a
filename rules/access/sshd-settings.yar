/* SSH server accepts empty passwords */
rule empty_passwords
{
	meta:
		title = "SSH server accepts empty passwords"
		severity = "high"
		confidence = "high"
		target = "config"
		explanation = "A setting of the SSH server lets accounts without password log in over the network."
		ask_vendor = "Why is this way in open on shipped devices, and how does the owner close it for good?"
		cwe = 258
	strings:
		$a = /(^|\n)[ \t]*PermitEmptyPasswords[ \t]+yes\b/ nocase
	condition:
		$a
}

/* SSH lets the all-powerful user in with a password */
rule root_login
{
	meta:
		title = "SSH lets the all-powerful user in with a password"
		severity = "medium"
		confidence = "high"
		target = "config"
		explanation = "The SSH server allows root to log in with a password. A guessed or leaked password then gives full control at once."
		ask_vendor = "Why is this way in open on shipped devices, and how does the owner close it for good?"
		cwe = 250
	strings:
		$a = /(^|\n)[ \t]*PermitRootLogin[ \t]+yes\b/ nocase
	condition:
		$a
}
