/* Web page runs a value of the request */
rule asp_shell
{
	meta:
		title = "web page runs a value of the request"
		severity = "critical"
		confidence = "medium"
		target = "web, script"
		explanation = "A page hands a part of the request to the system as a command."
		ask_vendor = "Who can send this request, and what checks the value?"
		cwe = 78
	strings:
		$a = /\b(WScript\.Shell|exec|system|Runtime\.getRuntime\(\)\.exec)[ ]?["')]{0,2}[^\n]{0,60}\b(Request\.(Form|QueryString|Item)|request\.getParameter)[ ]?\(/ nocase
		$p = /\b(os\.(system|popen)|subprocess\.(call|run|Popen|check_output))\([^\n]{0,60}\b(request\.(args|form|values|GET|POST)|self\.get_argument|form\.getvalue|form\.getfirst)\b/
	condition:
		any of them
}
