/* Name of a wireless network triggers commands */
rule scan_trigger
{
	meta:
		title = "name of a wireless network triggers commands"
		severity = "high"
		confidence = "low"
		target = "script"
		explanation = "A script looks for a certain wireless network in reach and then starts something. Whoever opens a network of that name nearby can trigger it."
		ask_vendor = "Which name is it, and what does it start?"
		cwe = 912
	strings:
		$scan = /\b(iwlist|iw|iwpriv|wpa_cli|wl)[ \t][^\n|]{0,40}\bscan(_results|results|ning|[ \t]dump)?\b[^\n|]{0,20}\|[^\n]{0,80}\bgrep[ \t]+(-[a-zA-Z]{1,4}[ \t]+)?["']?[A-Za-z0-9_-]{4,32}/
		$run = /(^|[\n;&|]|then|else|do)[ \t]*(\/(usr\/)?s?bin\/)?(busybox[ \t]+)?(telnetd|utelnetd|dropbear|adbd|insmod|tftp|ftpget|wget|sh[ \t]+\/tmp)\b/
		$ord = /grep[ \t]+(-[a-zA-Z]{1,4}[ \t]+)?["']?(SSID|ESSID|BSS|Cell|Address|Channel|Frequency|Quality|Signal|signal|freq|WPA|CCMP)/
	condition:
		$scan and $run and not $ord
}
