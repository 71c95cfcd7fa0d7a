/* File system is offered to every computer as root */
rule no_root_squash
{
	meta:
		title = "file system is offered to every computer as root"
		severity = "high"
		confidence = "high"
		target = "config"
		explanation = "Any computer that reaches the device may change these files as the all-powerful user."
		ask_vendor = "Who uses this way in, and how does the owner close it for good?"
		cwe = 306
	strings:
		$a = /(^|\n)\/[^\n#]{0,80}[ \t](\*|0\.0\.0\.0\/0)\([^)\n]{0,80}no_root_squash/
	condition:
		$a
}
