/* Factory protocol TDDP is built in */
rule tddp_server
{
	meta:
		title = "factory protocol TDDP is built in"
		severity = "high"
		confidence = "medium"
		target = "elf"
		explanation = "TDDP is a debug protocol for the factory. On several models it let anybody in the local network change settings or run commands; here the program that serves it is shipped."
		ask_vendor = "Is TDDP reachable on shipped devices, on which interfaces, and with which authentication?"
		cwe = 912
		cwe = 798
		reference = "https://mjg59.dreamwidth.org/51672.html"
	strings:
		$a = "tddpdInit"
		$b = "tddp_UploadFlashData"
		$c = "tddp_taskEntry"
		$d = "tddp_parserVerTwoOpt"
	condition:
		any of them
}
