/* Script from a USB stick or card is run */
rule removable_script
{
	meta:
		title = "script from a USB stick or card is run"
		severity = "high"
		confidence = "medium"
		target = "script"
		explanation = "When a stick or card holds a file of this name, the device runs it as the all-powerful user. Whoever has the device in hand for a moment can change it for good."
		ask_vendor = "Is this meant for the factory, and does the device check who made the script?"
		cwe = 912
		cwe = 494
	strings:
		$a = /(^|[\n;&|`]|then|else|do)[ \t]*(\.|source|sh|bash|ash|\/bin\/(ba|a)?sh)[ \t]+["']?(\/tmp)?\/(mnt|media|sdcard|usb|tmp\/mnt|mmc|udisk)[^\s;"'&|]{0,60}\.sh\b/
		$b = /(^|[\n;&|`]|then|else|do)[ \t]*["']?\/(mnt|media|sdcard|usb|mmc|udisk)\/?[a-z0-9_\/]{0,16}(sd|mmc|usb|udisk|sdcard|disk)[a-z0-9_\/]{0,12}\/[A-Za-z0-9_.-]{1,40}\.sh\b/
	condition:
		any of them
}
