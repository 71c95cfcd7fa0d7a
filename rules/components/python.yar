rule python
{
    meta:
        component = "Python"
        version = "^([23]\\.[0-9]{1,2}\\.[0-9]{1,2})\\+?$"
        apart = 1048576
        type = "application"
        cpe = "python:python"
        purl = "pkg:generic/python"
        license = "PSF-2.0"
        target = "elf"
        hit = "PYTHONHOME\nPYTHONHASHSEED\n3.11.2 => 3.11.2"
        miss = "PYTHONHOME\n3.11.2"
    strings:
        $a = "PYTHONHOME"
        $b = "PYTHONHASHSEED"
        $c = "PYTHONSTARTUP"
    condition:
        $a and ($b or $c) 
}
