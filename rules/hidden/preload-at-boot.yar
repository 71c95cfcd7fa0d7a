/* Library is slipped under programs at start-up */
rule ld_preload
{
	meta:
		title = "library is slipped under programs at start-up"
		severity = "medium"
		confidence = "medium"
		target = "script, config"
		explanation = "A start-up script sets LD_PRELOAD, which puts extra code under the programs that it starts."
		ask_vendor = "What does the library change?"
		false_alarm = "A documented compatibility or memory library."
		cwe = 829
	strings:
		$a = /\bLD_PRELOAD=["\']?\/[^\s"\']{3,120}/
	condition:
		$a and assay_in_init
}
