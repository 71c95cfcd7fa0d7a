/* Android is built for developers */
rule build_prop
{
	meta:
		title = "Android is built for developers"
		severity = "high"
		confidence = "high"
		target = "config, script"
		explanation = "The system gives root over the debug bridge. Devices for customers are built without this."
		ask_vendor = "Is this the build for customers?"
		cwe = 489
	strings:
		$s = /(^|\n)ro\.secure=0(\r?\n|$)/
		$d = /(^|\n)ro\.debuggable=1(\r?\n|$)/
		$a = /(^|\n)ro\.adb\.secure=0(\r?\n|$)/
		$t = /(^|\n)ro\.build\.type=(eng|userdebug)(\r?\n|$)/
	condition:
		$s or ($d and ($a or $t))
}
