/* Web server shows the whole file system */
rule httpd_slash
{
	meta:
		title = "web server shows the whole file system"
		severity = "high"
		confidence = "high"
		target = "script, config"
		explanation = "The web server is started on the root folder, so that everybody can fetch password files and keys."
		ask_vendor = "Who uses this way in, and how does the owner close it for good?"
		cwe = 552
	strings:
		$a = /\bhttpd[ \t](-[fvi]{1,3}[ \t]+|-p[ \t]*[^\s]{1,24}[ \t]+|-c[ \t]*[^\s]{1,40}[ \t]+){0,3}-h[ \t]*\/([ \t\n;&"']|$)/
	condition:
		$a
}
