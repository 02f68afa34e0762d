// Asks the browser for a passkey, in Privy's spelling of WebAuthn.

import type { PasskeyAuthenticatorVerifyOptions } from "@privy-io/api-types/resources/client-auth";
import { passkeyElsewhere, passkeyRefused, Troubled } from "./errors";
import { coversHost } from "./methods";
import { base64url, fromBase64url } from "./pkce";

/** WebAuthn's AuthenticationResponseJSON, each buffer as base64url. */
export interface SignedByPasskey {
  id: string;
  rawId: string;
  type: "public-key";
  clientExtensionResults: Record<string, never>;
  response: { authenticatorData: string; clientDataJSON: string; signature: string; userHandle?: string };
}

export const passkeysKnown = () => "PublicKeyCredential" in window;

/** What the passkey that the person chose says to `asked`. Raises Troubled, or what the browser throws. */
export async function usePasskey(asked: PasskeyAuthenticatorVerifyOptions): Promise<SignedByPasskey> {
  const domain = asked.rp_id;
  if (domain !== undefined && !coversHost(domain, location.hostname)) throw new Troubled(passkeyElsewhere(domain));
  const found = await navigator.credentials.get({
    publicKey: {
      challenge: fromBase64url(asked.challenge),
      allowCredentials: (asked.allow_credentials ?? []).map(allowed),
      ...(domain === undefined ? {} : { rpId: domain }),
      ...(asked.timeout === undefined ? {} : { timeout: asked.timeout }),
      userVerification: asked.user_verification === "required" ? "required" : "preferred",
    },
  });
  if (!(found instanceof PublicKeyCredential) || !(found.response instanceof AuthenticatorAssertionResponse)) {
    throw new Troubled(passkeyRefused());
  }
  const { authenticatorData, clientDataJSON, signature, userHandle } = found.response;
  return {
    id: found.id,
    rawId: text(found.rawId),
    type: "public-key",
    clientExtensionResults: {},
    response: {
      authenticatorData: text(authenticatorData),
      clientDataJSON: text(clientDataJSON),
      signature: text(signature),
      ...(userHandle === null ? {} : { userHandle: text(userHandle) }),
    },
  };
}

function allowed({ id }: { id: string }): PublicKeyCredentialDescriptor {
  return { id: fromBase64url(id), type: "public-key" };
}

function text(bytes: ArrayBuffer): string {
  return base64url(new Uint8Array(bytes));
}
