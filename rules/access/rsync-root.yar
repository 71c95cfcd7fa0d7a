/* Backup service gives write access as root */
rule root_module
{
	meta:
		title = "backup service gives write access as root"
		severity = "high"
		confidence = "medium"
		target = "config"
		explanation = "The rsync service lets anybody change files as the all-powerful user; no password file is named."
		ask_vendor = "Who uses this way in, and how does the owner close it for good?"
		cwe = 306
	strings:
		$u = /(^|\n)[ \t]*uid[ \t]*=[ \t]*(root|0)\b/
		$w = /(^|\n)[ \t]*read only[ \t]*=[ \t]*(no|false)\b/
		$m = /(^|\n)[ \t]*path[ \t]*=[ \t]*\//
		$auth = "auth users"
		$allow = "hosts allow"
	condition:
		$u and $w and $m and not $auth and not $allow
}
