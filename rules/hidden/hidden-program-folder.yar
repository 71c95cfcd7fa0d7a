/* Program is started from a hidden folder */
rule dot_folder_run
{
	meta:
		title = "program is started from a hidden folder"
		severity = "high"
		confidence = "medium"
		target = "script, config"
		explanation = "A script starts a program whose folder or name begins with a dot, in a place for temporary files. Lists of files leave such names out."
		ask_vendor = "What is this program, and why is it hidden?"
		cwe = 912
		cwe = 506
	strings:
		$a = /(^|[\n;&|]|then|else|do|nohup)[ \t]*(sh[ \t]+|nohup[ \t]+)?\/(tmp|var\/tmp|dev\/shm|var\/run|dev)\/(\.[A-Za-z0-9_][A-Za-z0-9_. -]{0,32}\/[A-Za-z0-9_.\/-]{1,40}|\.[A-Za-z0-9_-]{1,32})[ \t]*([&;\n]|$|[ \t]-|[ \t]\/)/
	condition:
		/* more are a list of what to look for */
		$a and #a < 5
}
