/* Script ties a shell to a socket */
rule dup2_shell
{
	meta:
		title = "script ties a shell to a socket"
		severity = "critical"
		confidence = "high"
		target = "script"
		explanation = "A Python or Perl program connects out and hands its connection to a shell."
		ask_vendor = "Why is this way in open on shipped devices, and how does the owner close it for good?"
		cwe = 506
	strings:
		$py = /os\.dup2\([ \t]*[a-z_]{1,12}\.fileno\(\)[ \t]*,[ \t]*0\)/
		$sh = /(pty\.spawn|subprocess\.(call|Popen|run)|os\.system|os\.exec[lv]p?)\([^\n]{0,12}["\'](\/bin\/)?(ba|a)?sh/
		$pl = /open\(STDIN,[ \t]*["\']>&[A-Z]{1,3}["\']\)[^\x00]{0,120}exec[ \t({]{1,3}["\']\/bin\/(ba|a)?sh/
	condition:
		($py and $sh) or $pl
}
