/* Script turns update servers off */
rule hosts_update
{
	meta:
		title = "script turns update servers off"
		severity = "high"
		confidence = "medium"
		target = "script"
		explanation = "A script sends the names of update servers to nowhere, so that the device stays as it is. Malware keeps itself alive like this."
		ask_vendor = "Why does the device cut itself off from updates?"
		cwe = 494
		cwe = 506
	strings:
		$a = /\becho[ \t]+(-e[ \t]+)?["']?(127\.0\.0\.1|0\.0\.0\.0)[ \t]+[^\n"']{0,60}(update|upgrade|ota|fota|firmware|fw)[a-z0-9-]{0,16}\.[a-z0-9.-]{3,60}["']?[ \t]*>>?[ \t]*[^\s]{0,20}\/etc\/hosts/
	condition:
		$a
}
