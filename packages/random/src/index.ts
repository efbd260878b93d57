export { inputError, isInputError } from './input-error.ts';
export { Random } from './random.ts';
