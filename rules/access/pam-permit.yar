/* Login accepts everybody */
rule sufficient_permit
{
	meta:
		title = "login accepts everybody"
		severity = "critical"
		confidence = "medium"
		target = "config"
		explanation = "The settings of the login service say that an account is let in without any check of its password."
		ask_vendor = "Which service uses this file, and why does it not ask for a password?"
		cwe = 287
	strings:
		$a = /(^|\n)[ \t]*auth[ \t]+(sufficient|\[success=done[^\]\n]{0,40}\])[ \t]+(\/[^\s]{1,60}\/)?pam_permit\.so/
	condition:
		$a
}
