/* Database is started without passwords */
rule grant_tables
{
	meta:
		title = "database is started without passwords"
		severity = "high"
		confidence = "high"
		target = "script, config"
		explanation = "The database lets everybody do everything."
		ask_vendor = "Who uses this way in, and how does the owner close it for good?"
		cwe = 306
	strings:
		$a = /(^|\n|[;&|=]|then|else|do|nohup)[ \t]*(\/[a-z\/]{1,24}\/)?mysqld(_safe)?[ \t][^\n#]{0,120}--skip-grant-tables/
		$b = /(^|\n)[ \t]*skip[-_]grant[-_]tables[ \t]*(\n|$)/
		$c = /\bredis-server[ \t][^\n#]{0,120}--protected-mode[ \t]+no/
	condition:
		any of them
}
