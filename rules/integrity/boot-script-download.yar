/* Start-up script runs what it downloads */
rule boot_pipe
{
	meta:
		title = "start-up script runs what it downloads"
		severity = "high"
		confidence = "medium"
		target = "script, config"
		explanation = "At every start the device loads a script from the network and runs it at once. Whoever controls the server or the way to it controls the device."
		ask_vendor = "How does the device make sure that only the vendor's software is installed?"
		cwe = 494
	strings:
		$a = /(^|[\n;&|`(]|then|else|do)[ \t]*(\/usr\/bin\/)?(wget|curl)[ \t][^\n|#]{4,200}\|[ \t]*(sudo[ \t]+)?(\/bin\/)?(ba|a)?sh\b/
	condition:
		$a and assay_in_init
}
