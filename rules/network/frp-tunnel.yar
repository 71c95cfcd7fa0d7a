/* Tunnel gives outsiders a service of the device */
rule frp_client
{
	meta:
		title = "tunnel gives outsiders a service of the device"
		severity = "high"
		confidence = "medium"
		target = "config"
		explanation = "The settings belong to a tunnel program. Whoever has the other end reaches SSH, telnet or the web pages of the device past every firewall."
		ask_vendor = "Whom does the device connect to here, what for, and can the owner switch it off?"
		cwe = 923
		cwe = 912
	strings:
		$s = /(^|\n)[ \t]*(server_addr|serverAddr)[ \t]*=[ \t]*["']?[0-9A-Za-z]/
		$r = /(^|\n)[ \t]*(remote_port|remotePort)[ \t]*=/
		$l = /(^|\n)[ \t]*(local_port|localPort)[ \t]*=[ \t]*(22|23|80|443|8080|5555|2323)[ \t]*(\r?\n|$)/
	condition:
		all of them
}
