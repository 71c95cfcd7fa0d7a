/* Script ties a shell to a socket */
rule node_child
{
	meta:
		title = "script ties a shell to a socket"
		severity = "critical"
		confidence = "high"
		target = "web, script"
		explanation = "A JavaScript or Ruby program connects to the network and pipes a shell into the connection."
		ask_vendor = "Who uses this way in, and how does the owner close it for good?"
		cwe = 506
	strings:
		$net = /require\(["']net["']\)|\bTCPSocket\.(new|open)\(/
		$spawn = /\.spawn\(["'](\/bin\/)?(ba|a)?sh["']|exec[ (]{1,2}sprintf\(["']\/bin\/sh -i|\bexec\(["']\/bin\/sh -i/
		$rb = /IO\.popen\((cmd|c|line),[ ]?["']r["']\)/
	condition:
		$net and ($spawn or $rb)
}
