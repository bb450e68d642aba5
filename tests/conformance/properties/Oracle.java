import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Properties;
import java.util.TreeSet;

/**
 * What Spark reads: Utils.getPropertiesFromFile (core/util/Utils.scala), which is java.util.Properties over UTF-8 and
 * then trimExceptCRLF on each value. In: one text a line, in hexadecimal. Out: one JSON object a line, or null where
 * Properties.load throws.
 */
public class Oracle {
	static boolean trimmed(char c) {
		return c <= ' ' && c != '\r' && c != '\n';
	}

	static String trimExceptCRLF(String s) {
		int start = 0, end = s.length();
		while (start < end && trimmed(s.charAt(start)))
			start++;
		while (end > start && trimmed(s.charAt(end - 1)))
			end--;
		return s.substring(start, end);
	}

	/** Half a surrogate pair has no UTF-8: U+FFFD stands for it on both sides. */
	static void quote(StringBuilder out, String s) {
		out.append('"');
		s.codePoints().forEach(c -> {
			if (c >= 0xD800 && c < 0xE000)
				out.append("\\ufffd");
			else if (c < 0x20 || c == '"' || c == '\\' || c == 0x7f)
				out.append(String.format("\\u%04x", c));
			else
				out.appendCodePoint(c);
		});
		out.append('"');
	}

	static String read(byte[] text) throws Exception {
		Properties p = new Properties();
		try {
			p.load(new InputStreamReader(new ByteArrayInputStream(text), StandardCharsets.UTF_8));
		} catch (IllegalArgumentException malformed) {
			return "null";
		}
		StringBuilder out = new StringBuilder("{");
		for (String key : new TreeSet<>(p.stringPropertyNames())) {
			out.append(out.length() > 1 ? "," : "");
			quote(out, key);
			out.append(':');
			quote(out, trimExceptCRLF(p.getProperty(key)));
		}
		return out.append('}').toString();
	}

	public static void main(String[] args) throws Exception {
		BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
		PrintStream out = new PrintStream(System.out, false, StandardCharsets.UTF_8);
		for (String line; (line = in.readLine()) != null;)
			out.println(read(HexFormat.of().parseHex(line)));
		out.flush();
	}
}
