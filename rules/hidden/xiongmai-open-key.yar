/* Key that opens telnet on cameras and recorders */
rule telnet_key
{
	meta:
		title = "key that opens telnet on cameras and recorders"
		severity = "critical"
		confidence = "high"
		target = "elf"
		explanation = "The program contains the fixed key with which a network command on port 9530 opens a remote command line."
		ask_vendor = "Why is this function in shipped devices, which models have it, and in which version is it gone?"
		cwe = 912
		cwe = 321
		reference = "https://habr.com/en/articles/486856/"
	strings:
		$a = "2wj9fsa2"
	condition:
		$a
}
