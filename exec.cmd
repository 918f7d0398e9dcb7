@rem npm starts scripts with "exec node ..." so that signals and exit codes reach Node; cmd.exe has no exec of its own.
@%*
