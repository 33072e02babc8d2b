// Opens pages in a headless Chromium, each at a phone's and a desktop's width, in light and in dark, folded and unfolded,
// and prints a line for whatever is wrong with one: it is wider than the window, it asks for something, it logs an error,
// or a text cannot be read on its background. Speaks to the browser over a pipe: no port, no package.
//
//   node browser.mjs PROFILE PAGE...     PROFILE: an empty directory
import {spawn} from "node:child_process";
import {pathToFileURL} from "node:url";

const [profile, ...pages] = process.argv.slice(2);
const browser = spawn("chromium", ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
	"--disable-background-networking", "--disable-component-update", "--disable-sync", "--remote-debugging-pipe",
	`--user-data-dir=${profile}`], {stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"]});
const [, , , requests, answers] = browser.stdio;
const waiting = new Map(), events = [];
let number = 0, rest = "", wake = () => {};

answers.setEncoding("utf8");
answers.on("data", chunk => {
	const messages = (rest + chunk).split("\0");
	rest = messages.pop();
	for (const message of messages.map(text => JSON.parse(text))) {
		if (!message.id)
			events.push(message), wake();
		else if (message.error)
			waiting.get(message.id).reject(new Error(message.error.message));
		else
			waiting.get(message.id).resolve(message.result);
	}
});
browser.on("exit", code => { if (!browser.wanted) fail(`the browser ended with ${code}`); });

function fail(text) {
	console.log(text);
	browser.kill("SIGKILL");
	process.exit(2);
}

function ask(method, params = {}, sessionId) {
	const id = ++number;
	requests.write(JSON.stringify({id, method, params, sessionId}) + "\0");
	return new Promise((resolve, reject) => waiting.set(id, {resolve, reject}));
}

async function eventOf(method) {
	while (!events.some(event => event.method === method))
		await new Promise(resolve => wake = resolve);
}

// In the page. What is wrong with it as it is drawn now.
function inspect(width) {
	const wrong = [];
	if (document.documentElement.scrollWidth > width) // innerWidth would grow with it on a phone
		wrong.push(`is ${document.documentElement.scrollWidth} wide`);
	const parse = color => (color.match(/[\d.]+/g) || []).map(Number);
	const light = ([r, g, b]) => [r, g, b].map(c => c / 255).map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
		.reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
	const behind = element => {
		for (; element; element = element.parentElement) {
			const color = parse(getComputedStyle(element).backgroundColor);
			if (color.length === 3 || color[3] === 1)
				return color;
		}
		return [255, 255, 255];
	};
	const enough = 800; // of a page with thousands of rows that are all alike
	for (const element of [...document.body.querySelectorAll("*")].slice(0, enough)) {
		const says = [...element.childNodes].some(node => node.nodeType === 3 && node.data.trim());
		if (!says || element.matches("title, .hidden, .number") || !element.checkVisibility())
			continue;
		const style = getComputedStyle(element), drawn = element.closest("svg") ? style.fill : style.color;
		const [a, b] = [light(parse(drawn)), light(behind(element))].sort((x, y) => y - x);
		if ((a + 0.05) / (b + 0.05) < 4.5)
			wrong.push(`<${element.localName} class="${element.getAttribute("class")}"> has a contrast of ${((a + 0.05) / (b + 0.05)).toFixed(1)}`);
	}
	return [...new Set(wrong)];
}

async function look(session, page, width, scheme) {
	const wrong = [];
	events.length = 0;
	await ask("Emulation.setDeviceMetricsOverride", {width, height: 800, deviceScaleFactor: 1, mobile: width < 600}, session);
	await ask("Emulation.setEmulatedMedia", {features: [{name: "prefers-color-scheme", value: scheme}]}, session);
	await ask("Page.navigate", {url: pathToFileURL(page).href}, session);
	await eventOf("Page.loadEventFired");
	for (const unfold of ["", "for (const fold of document.querySelectorAll('details')) fold.open = true;"]) {
		const {result, exceptionDetails} = await ask("Runtime.evaluate",
			{expression: `${unfold}(${inspect})(${width})`, returnByValue: true}, session);
		wrong.push(...(exceptionDetails ? [exceptionDetails.exception.description] : result.value));
	}
	for (const {method, params} of events) {
		if (method === "Network.requestWillBeSent" && params.type !== "Document")
			wrong.push(`asks for ${params.request.url}`);
		if (method === "Log.entryAdded")
			wrong.push(`logs: ${params.entry.text}`);
		if (method === "Runtime.consoleAPICalled" || method === "Runtime.exceptionThrown")
			wrong.push("runs a script");
	}
	for (const text of new Set(wrong))
		console.log(`${page} at ${width} in ${scheme}: ${text}`);
	return wrong.length;
}

const {targetId} = await ask("Target.createTarget", {url: "about:blank"});
const {sessionId} = await ask("Target.attachToTarget", {targetId, flatten: true});
for (const domain of ["Page", "Network", "Log", "Runtime"])
	await ask(`${domain}.enable`, {}, sessionId);
let count = 0;
for (const page of pages)
	for (const width of [390, 1280])
		for (const scheme of ["light", "dark"])
			count += await look(sessionId, page, width, scheme);
browser.wanted = true;
browser.once("exit", () => process.exit(count ? 1 : 0));
await ask("Browser.close").catch(() => browser.kill("SIGKILL"));
