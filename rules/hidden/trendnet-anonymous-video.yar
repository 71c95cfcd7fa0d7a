/* Camera picture without login */
rule anony_video
{
	meta:
		title = "camera picture without login"
		severity = "high"
		confidence = "medium"
		target = "elf, web, config"
		explanation = "The camera shows its picture at an address that asks for no password."
		ask_vendor = "Does this address ask for a login in the current version?"
		cwe = 306
		reference = "https://console-cowboys.blogspot.com/2012/01/trendnet-cameras-i-always-feel-like.html"
	strings:
		$a = "/anony/mjpg.cgi"
	condition:
		$a
}
