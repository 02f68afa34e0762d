// A phone number in the form that Privy takes. Knows no country: who reads it has to write the code in front.

/** E.164, or null for what cannot be one. */
export function wholeNumber(typed: string): string | null {
  const number = typed.replace(/[\s().\/-]/g, "").replace(/^00/, "+");
  return /^\+[1-9][0-9]{6,14}$/.test(number) ? number : null;
}
