/* Web page in Lua runs a value of the request */
rule lua_execute
{
	meta:
		title = "web page in Lua runs a value of the request"
		severity = "critical"
		confidence = "medium"
		target = "script, web"
		explanation = "A page takes a value of the request and runs it as a command, unchecked."
		ask_vendor = "Who can send this request, and what checks the value?"
		cwe = 78
	strings:
		$a = /\b(os\.execute|io\.popen|luci\.sys\.(exec|call)|sys\.(exec|call))[ ]?\([^\n]{0,80}\b(luci\.)?http\.formvalue[ ]?\(/
		$b = /\b(os\.execute|io\.popen|ngx\.pipe\.spawn)[ ]?\([^\n]{0,60}ngx\.(var\.arg_|req\.get_uri_args)/
	condition:
		any of them
}
