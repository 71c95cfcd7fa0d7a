/* Web script runs a value of the request */
rule form_executed
{
	meta:
		title = "web script runs a value of the request"
		severity = "critical"
		confidence = "medium"
		target = "script"
		explanation = "A script of the web server takes a value of the request and runs it as a command."
		ask_vendor = "Who can send this request, and what checks the value?"
		cwe = 78
	strings:
		$cgi = /\b(QUERY_STRING|FORM_[a-zA-Z]{1,16}|POST_[a-zA-Z]{1,16}|REQUEST_METHOD)\b/
		$e1 = /\beval[ \t]+["']?\$\{?(FORM|POST|GET)_[a-zA-Z]{1,16}/
		$e2 = /\b(sh|ash|bash)[ \t]+-c[ \t]+["']?\$\{?(FORM|POST|GET)_[a-zA-Z]{1,16}/
		$e3 = /\beval[ \t]+["']?\$\(?`?[ \t]*echo[ \t]+["']?\$\{?QUERY_STRING/
		$e4 = /\b(cmd|command|exec)=(`|\$\()[ \t]*echo[^\n]{0,30}\$\{?QUERY_STRING[^\n]{0,160}\n([^\n]{0,200}\n){0,12}[ \t]*(eval[ \t]+)?["']?(\$cmd|\$command|\$exec)\b/
	condition:
		$cgi and any of ($e*)
}
