// Starts the sign-in page in the element that the server rendered. What it shows is in sign-in.tsx.

import "./sign-in.css";
import { render } from "preact";
import { readConfig } from "./config";
import { SignInPage } from "./sign-in";

const root = document.getElementById("sign-in");
if (root === null) throw new Error("The page has no #sign-in.");
render(<SignInPage config={readConfig(root)} />, root);
