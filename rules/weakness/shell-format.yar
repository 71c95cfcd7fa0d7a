/* Commands are built from text and given to the shell */
rule command_built
{
	meta:
		title = "commands are built from text and given to the shell"
		severity = "low"
		confidence = "low"
		target = "elf"
		explanation = "The program puts values into a command line and lets the shell run it. If a value comes from outside and holds a semicolon, the rest runs as a command."
		ask_vendor = "Where does the text come from that is put in here, and what checks it?"
		cwe = 78
	strings:
		$system = "system" fullword
		$popen = "popen" fullword
		$c1 = /\x00(\/s?bin\/|\/usr\/s?bin\/)?(iptables|ifconfig|route|arping|ping6?|traceroute|nslookup|insmod|brctl|iwpriv|upnpc-static|mailx|ftpget|tftp) [^\x00]{0,60}%s[^\x00]{0,80}\x00/
		$c2 = /\x00echo ["\']?[^\x00]{0,40}%s["\']?[^\x00]{0,40}[|>][^\x00]{1,60}\x00/
	condition:
		any of ($system, $popen) and (#c1 + #c2) >= 2
}
