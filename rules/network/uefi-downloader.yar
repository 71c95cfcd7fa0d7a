/* Firmware downloads and installs a program */
rule vendor_updater
{
	meta:
		title = "firmware downloads and installs a program"
		severity = "high"
		confidence = "high"
		target = "uefi"
		explanation = "The firmware puts an update program into Windows, which loads further programs over the network, partly without encryption."
		ask_vendor = "What does the program load, how is it checked, and is it off unless the owner asks for it?"
		cwe = 494
		reference = "https://eclypsium.com/blog/supply-chain-risk-from-gigabyte-app-center-backdoor/"
	strings:
		$a = "GigabyteUpdateService" ascii wide
		$b = "mb.download.gigabyte.com" ascii wide
	condition:
		any of them
}
