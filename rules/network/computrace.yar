/* Firmware installs an agent into the operating system */
rule persistence_agent
{
	meta:
		title = "firmware installs an agent into the operating system"
		severity = "medium"
		confidence = "medium"
		target = "uefi"
		explanation = "The firmware puts a program for theft protection into Windows, again after each new installation. It talks to a server and has been abused."
		ask_vendor = "Is the agent active in shipped devices, and can the owner switch it off for good?"
		cwe = 912
		reference = "https://securelist.com/absolute-computrace-revisited/58278/"
	strings:
		$a = "rpcnetp.exe" ascii wide
		$b = "rpcnet.exe" ascii wide
	condition:
		any of them
}
