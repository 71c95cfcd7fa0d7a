/* File sharing as root for guests */
rule guest_root
{
	meta:
		title = "file sharing as root for guests"
		severity = "critical"
		confidence = "high"
		target = "config"
		explanation = "Guests without a password work on the shared folder as the all-powerful user."
		ask_vendor = "Who uses this way in, and how does the owner close it for good?"
		cwe = 306
		cwe = 250
	strings:
		$a = /\n[ \t]*force user[ \t]*=[ \t]*root\b/ nocase
		$g = /\n[ \t]*(guest ok|public)[ \t]*=[ \t]*yes\b/ nocase
		$w = /\n[ \t]*(writable|writeable)[ \t]*=[ \t]*yes\b|\n[ \t]*read only[ \t]*=[ \t]*no\b/ nocase
	condition:
		all of them
}
