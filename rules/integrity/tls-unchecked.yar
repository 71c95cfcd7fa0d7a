/* Downloads without checking who sends */
rule fetch_insecure
{
	meta:
		title = "downloads without checking who sends"
		severity = "medium"
		confidence = "medium"
		target = "script, elf"
		explanation = "The certificate check of a download is switched off. Somebody on the way can send a different file."
		ask_vendor = "How does the device make sure that only the vendor's software is installed?"
		cwe = 295
	strings:
		$w = /(^|[\n\x00;&|(`"']|then|do)[ \t]*(busybox[ \t]+|\/usr\/bin\/)?wget[ \t][^\n\x00]{0,200}--no-check-certificate\b/
		$c = /(^|[\n\x00;&|(`"']|then|do)[ \t]*(\/usr\/bin\/)?curl[ \t]([^\n\x00|;]{0,200}[ \t])?(-k|--insecure)[ \t]/
	condition:
		any of them
}
