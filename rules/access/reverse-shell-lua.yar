/* Lua program runs commands from a socket */
rule lua_socket
{
	meta:
		title = "Lua program runs commands from a socket"
		severity = "critical"
		confidence = "medium"
		target = "script, config, web"
		explanation = "A Lua program takes lines from a network connection and runs them as commands. Lua is on most routers, so nothing else is needed."
		ask_vendor = "Who uses this way in, and how does the owner close it for good?"
		cwe = 506
		cwe = 78
	strings:
		$tcp = /require[ ]?\(?["'](socket|nixio)["']\)?/
		$read = /(\w{1,16})[ ]?=[ ]?\w{1,16}:receive\([^\n]{0,40}\)/
		$run = /io\.popen\([ ]?(r|s|cmd|line|data|status|buf|command)[ ]?[,)]/
		$exec = /os\.execute\(["'](\/bin\/)?(ba|a)?sh -i/
	condition:
		$tcp and (($read and $run) or $exec)
}
