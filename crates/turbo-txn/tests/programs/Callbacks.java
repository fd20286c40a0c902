import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.util.Base64;
import java.util.HexFormat;
import javax.crypto.Cipher;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/** Encrypts and decrypts callbacks. Each input line is `encrypt VECTOR TEXT` (hex) or `decrypt DATA` (base64). */
class Callbacks {
    public static void main(String[] arguments) throws Exception {
        var key = new SecretKeySpec(Base64.getDecoder().decode(arguments[0]), "AES");
        var hex = HexFormat.of();
        var lines = new BufferedReader(new InputStreamReader(System.in));
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            var words = line.split(" ");
            var cipher = Cipher.getInstance("AES/CBC/PKCS5Padding");
            if (words[0].equals("encrypt")) {
                var vector = hex.parseHex(words[1]);
                cipher.init(Cipher.ENCRYPT_MODE, key, new IvParameterSpec(vector));
                var text = cipher.doFinal(hex.parseHex(words[2]));
                var data = new byte[vector.length + text.length];
                System.arraycopy(vector, 0, data, 0, vector.length);
                System.arraycopy(text, 0, data, vector.length, text.length);
                System.out.println(Base64.getEncoder().encodeToString(data));
            } else {
                var data = Base64.getDecoder().decode(words[1]);
                cipher.init(Cipher.DECRYPT_MODE, key, new IvParameterSpec(data, 0, 16));
                System.out.println(hex.formatHex(cipher.doFinal(data, 16, data.length - 16)));
            }
        }
    }
}
