/* Script gives an account all rights */
rule nopasswd_written
{
	meta:
		title = "script gives an account all rights"
		severity = "high"
		confidence = "high"
		target = "script, elf"
		explanation = "A script lets an account run every command as the all-powerful user without a password."
		ask_vendor = "Which account gets these rights, and why does it need all of them?"
		cwe = 250
	strings:
		$a = /\b(echo|printf)[ \t]+(-e[ \t]+)?["']?[a-zA-Z0-9_%-]{1,32}[ \t]+ALL[ \t]*=[ \t]*\(?ALL[^\n\x00]{0,10}NOPASSWD:[ \t]*ALL[^\n\x00]{0,12}(>>?|\|[ \t]*(sudo[ \t]+)?tee)[^\n\x00]{0,20}\/sudoers/
	condition:
		$a
}
