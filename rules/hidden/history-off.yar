/* Script leaves no trace of its commands */
rule histfile_null
{
	meta:
		title = "script leaves no trace of its commands"
		severity = "medium"
		confidence = "medium"
		target = "script, config, elf"
		explanation = "The shell is told to remember nothing. Programs that act for the owner have no need for that."
		ask_vendor = "Who works with this shell, and why is nothing recorded?"
		cwe = 778
	strings:
		$a = /\bHISTFILE=["']?\/dev\/null/
		$c = /\bhistory[ \t]+-c\b[^\n\x00]{0,40}(rm|>)[ \t]*[^\n\x00]{0,20}\.(bash|ash)_history/
	condition:
		any of them
}
