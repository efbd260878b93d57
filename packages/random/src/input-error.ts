/**
 * An error that the user of a command or a function can mend: its message says what was expected and what came. The command
 * line prints it as one sentence and ends with exit code 2; any other error is a defect of the program.
 */
export function inputError(message: string, options?: ErrorOptions): Error {
  const error = new Error(message, options);
  error.name = 'InputError';
  return error;
}

/** Whether an error was made by `inputError`, here or in another copy of this package. */
export function isInputError(error: unknown): error is Error {
  return error instanceof Error && error.name === 'InputError';
}
