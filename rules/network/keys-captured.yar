/* What is typed or shown is sent away */
rule input_sent
{
	meta:
		title = "what is typed or shown is sent away"
		severity = "critical"
		confidence = "high"
		target = "script, elf"
		explanation = "The script reads keyboard, screen or microphone and sends it over the network."
		ask_vendor = "Who receives this, when, and with whose consent?"
		cwe = 359
		cwe = 506
	strings:
		$k = /\b(cat|dd[ \t]+if=)[ \t]*\/dev\/(input\/event[0-9]|fb0|snd\/[a-zA-Z0-9]{2,16}|video[0-9])[^\n\x00|]{0,40}\|[^\n\x00]{0,60}\b(nc|ncat|ssh|curl|telnet|socat|openssl)[ \t]/
		$m = /\b(arecord|parecord|fbgrab|screencap|raspistill|import[ \t]-window)\b[^\n\x00|]{0,80}\|[^\n\x00]{0,60}\b(nc|ncat|ssh|curl|telnet|socat|openssl)[ \t]/
	condition:
		any of them
}
