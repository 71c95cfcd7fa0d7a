/* Anybody may upload files by FTP */
rule anonymous_upload
{
	meta:
		title = "anybody may upload files by FTP"
		severity = "high"
		confidence = "high"
		target = "config"
		explanation = "Strangers without a password can put files on the device."
		ask_vendor = "Who uses this way in, and how does the owner close it for good?"
		cwe = 306
	strings:
		$a = /(^|\n)[ \t]*anonymous_enable[ \t]*=[ \t]*(YES|yes)\b/
		$b = /(^|\n)[ \t]*anon_(upload|mkdir_write|other_write)_enable[ \t]*=[ \t]*(YES|yes)\b/
	condition:
		all of them
}
