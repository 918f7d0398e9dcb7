/** The one error of files, with the one table of what the system's codes mean. */

export type FileAction = 'read' | 'write';

/** What the code of a system call that failed means, where it does not depend on what was tried. */
const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file or folder',
  ENOTDIR: 'part of the path is not a folder',
  EACCES: 'permission is denied',
  EPERM: 'permission is denied',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the quota of the disk is used up',
  EFBIG: 'files may not become that large here',
  EROFS: 'the file system is read-only',
  EMFILE: 'too many files are open',
  ENFILE: 'too many files are open',
  ENAMETOOLONG: 'the path is too long',
  ELOOP: 'its symbolic links go in a circle',
  EBUSY: 'another program is using it',
  EIO: 'the disk or the network drive failed',
};

/** What codes mean where a file is to be written. */
const writing: Readonly<Record<string, string>> = {
  ENOENT: 'the folder does not exist',
  EISDIR: 'there is a folder of that name',
};

function reasonOf(action: FileAction, code: string | undefined, cause: unknown): string {
  const known = (action === 'write' ? writing[code ?? ''] : undefined) ?? reasons[code ?? ''];
  if (known !== undefined) return known;
  if (code === 'EISDIR') return 'it is a folder';
  return (cause instanceof Error ? cause.message : String(cause)).replace(/\.$/, '');
}

function hintOf(action: FileAction, code: string | undefined): string {
  if (code === 'EMFILE' || code === 'ENFILE') return 'Wait for some to be closed before opening more.';
  if (action === 'write') return 'Choose a folder that exists, that you may write to, on a disk with room.';
  if (code === 'EACCES' || code === 'EPERM') return 'Give yourself the permission to read it, or choose another.';
  return `Relative paths start at the working directory, ${process.cwd()}.`;
}

/**
 * A file or folder that cannot be read or written. `message` says what was tried with which path, why it failed and, after `hint:`, what
 * to do; `reason`, `code` (the system's, such as `ENOENT`) and `hint` are its parts.
 */
export class FileError extends Error {
  readonly path: string;
  readonly reason: string;
  /** The code of the system call that failed, or `ENOSYS` where there are no files. */
  readonly code: string | undefined;
  readonly hint: string;
  /** The message without the hint, for an error of the caller's own: `cannot read data.csv: there is no such file or folder.` */
  readonly summary: string;

  constructor(
    action: FileAction,
    path: string,
    details: { cause?: unknown; reason?: string; code?: string; hint?: string },
  ) {
    const { cause } = details;
    const code = details.code ?? (cause as NodeJS.ErrnoException | undefined)?.code;
    const reason = details.reason ?? reasonOf(action, code, cause);
    const hint = details.hint ?? hintOf(action, code);
    const summary = `cannot ${action} ${path}: ${reason}.`;
    super(`${summary}\n  hint: ${hint}`, cause === undefined ? undefined : { cause });
    this.name = 'FileError';
    this.path = path;
    this.reason = reason;
    this.code = code;
    this.hint = hint;
    this.summary = summary;
    // For programs; the message has said them, and Node would print them again.
    for (const name of Object.keys(this)) Object.defineProperty(this, name, { enumerable: false });
  }
}
