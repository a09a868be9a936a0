"""Personal data found by Lockgate and by other tools, in labelled cells."""
