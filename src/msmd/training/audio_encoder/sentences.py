# ruff: noqa: RUF001 - other alphabets are meant
"""What the synthetic voices say. Written for this project, to bring many phones in many orders."""

from typing import Final

from msmd.core.errors import MsmdError

ENGLISH: Final = (
    "Please bring the small blue box before noon, or we will have to leave without you.",
    "My father bought five fresh fish from the harbour and fried them with thick butter.",
    "The judge measured the bridge twice, but nobody believed the numbers he wrote down.",
    "Who would choose a rough road when the smooth one goes straight to the beach?",
    "Every autumn the yellow leaves whirl over the pavement like a thousand paper boats.",
    "I never thought that thirteen thieves could vanish through that narrow window.",
    "Open your mouth wide, say nothing, and wave as soon as you hear the bell.",
    "Papa, put the puppy back in the basket before it bites the baby.",
    "We watched a huge owl swoop above the quiet village, and then it was gone.",
    "Could you pass me that cup of coffee? No, the other one, with the broken handle.",
    "Joy and noise filled the royal choir when the boys came home from the voyage.",
    "She usually wears a beige jacket on vague occasions of great pleasure.",
    "Stop! If you touch that lever, the whole machine will jump backwards and crush us.",
    "Oh, how wonderful! I have been waiting for this moment for almost twenty years.",
    "Move slowly, move softly, and move only when the moon is behind the cloud.",
    "What on earth were you thinking when you gave the keys to a perfect stranger?",
    "Go and ask Maggie whether the big grey goose has eaten the green grapes again.",
    "The weather is neither warm nor cold, rather like a wet Thursday in the north.",
    "Pull the rope, push the cart, and put your foot on the wooden board.",
    "He hurried her along the hall, holding his hat, and hid behind the heavy hedge.",
    "I am so sorry. I did not mean to hurt you, and I will not do it again.",
    "Zebras and zinc, roses and raisins, his eyes are always on the prize.",
    "Few of us knew the truth about the duke, his two shoes, and the soup.",
    "Bob, bump up the volume, the people at the back cannot make out a word.",
    "Fifty-five vivid photographs of five brave women hung above the fireplace.",
    "Yes, yesterday I used your yacht, and no, the young man did not fall off it.",
    "They sang along, wringing their hands, longing for a single strong young king.",
    "Get out of my house now, and do not ever come back, do you understand?",
    "Ten tiny turtles tried to tiptoe to the table to taste a tart tomato.",
    "Look at the cook, he took a good look at the book and shook his head.",
)

OTHERS: Final = {
    "de": (
        "Bitte bring mir vor dem Mittag das kleine blaue Buch aus der Küche mit.",
        "Fünf fröhliche Frauen fuhren vorgestern früh über die Brücke nach Würzburg.",
        "Ich möchte schöne grüne Äpfel, aber auch zwei Pfund süße Pflaumen kaufen.",
        "Warum hast du mir nichts davon gesagt? Das war wirklich nicht nett von dir.",
        "Mama und Papa bauen morgen am Bach ein Boot aus braunem Papier.",
        "Jeden Januar jagt der junge Jäger durch den tiefen, weißen Schnee.",
    ),
    "fr": (
        "Bonjour, je voudrais un peu de pain, du beurre et une bonne bouteille de vin.",
        "Pourquoi as-tu vu une voiture bleue devant la fenêtre de ma petite maison ?",
        "Mon papa parle beaucoup, mais ma mère préfère jouer du piano le jeudi soir.",
        "Cinq vieux chevaux blancs mangent des pommes vertes sous un grand chêne.",
        "Quel bonheur ! Nous avons enfin trouvé le chemin qui mène au bord de l'eau.",
        "Il faut que tu fasses attention, sinon tout va tomber par terre.",
    ),
    "es": (
        "Por favor, pon la mesa pequeña debajo de la ventana antes de comer.",
        "Mi padre compró cinco peces frescos y una botella de vino en el puerto.",
        "¿Quién abrió la puerta verde cuando llovía tanto ayer por la noche?",
        "El gato juega con un hilo rojo mientras la abuela bebe su té caliente.",
        "¡Qué maravilla! Nunca había visto un bosque tan profundo y tan bonito.",
    ),
    "it": (
        "Per favore, portami quel bicchiere di acqua fresca prima di mezzogiorno.",
        "Mia zia ha comprato cinque pesci e una bella giacca gialla al mercato.",
        "Che meraviglia! Non avevo mai visto un bosco così profondo e verde.",
        "Il bambino gioca con la palla mentre il nonno beve il suo vino buono.",
    ),
    "pt-br": (
        "Por favor, traga o livro azul e a mesa pequena antes do meio-dia.",
        "Meu pai comprou cinco peixes frescos e um bom vinho na feira da manhã.",
        "Que maravilha! Eu nunca tinha visto uma floresta tão grande e bonita.",
    ),
    "pl": (
        "Proszę, przynieś mi małą niebieską książkę, zanim wyjdziemy z domu.",
        "Mój brat kupił pięć ryb i dwie butelki wody, a potem wrócił bez butów.",
        "Dlaczego nikt mi nie powiedział, że zamykają most o dziewiątej?",
    ),
    "ru": (
        "Пожалуйста, принеси мне маленькую синюю книгу до обеда.",
        "Мой папа купил пять рыб, белый хлеб и бутылку хорошего вина.",
        "Почему ты мне ничего не сказал? Я ждала тебя весь вечер под дождём.",
    ),
    "sv": (
        "Var snäll och hämta den lilla blå boken före klockan fem.",
        "Min pappa köpte fem färska fiskar och två flaskor vin i hamnen.",
        "Varför sade du ingenting? Vi väntade på dig hela kvällen i regnet.",
    ),
    "cmn": (
        "请你把那本蓝色的小书拿给我。",
        "我爸爸昨天买了五条鱼和一瓶水。",
        "你为什么不告诉我?我等了你一个晚上。",
        "妈妈,外面风很大,不要忘了关门。",
    ),
    "ja": (
        "あおいほんを、まどのそばに おいてください。",
        "ちちは みなとで さかなを ごひき かいました。",
        "どうして なにも いわなかったの。 ずっと まっていたのに。",
    ),
    "hi": (
        "कृपया वह छोटी नीली किताब मुझे दे दो।",
        "मेरे पिता ने पाँच मछलियाँ और पानी की एक बोतल खरीदी।",
    ),
    "tr": (
        "Lütfen küçük mavi kitabı öğleden önce bana getir.",
        "Babam dün limandan beş balık ve bir şişe su aldı.",
    ),
    "nl": (
        "Breng me alsjeblieft voor de middag dat kleine blauwe boek.",
        "Mijn vader kocht vijf verse vissen en een fles wijn bij de haven.",
    ),
    "fi": (
        "Ole hyvä ja tuo minulle se pieni sininen kirja ennen kello viittä.",
        "Isäni osti viisi kalaa ja pullon vettä, mutta unohti hyvän leivän.",
    ),
}
"""Language of espeak-ng -> sentences. Finnish is held out: no voice of it is learned from."""

HELD_OUT_LANGUAGE: Final = "fi"


def load_word_list() -> list[str]:
    """Words of the English dictionary that comes with pocketsphinx, for strings of words without sense.

    Raises:
        MsmdError: pocketsphinx is not installed.
    """
    try:
        import pocketsphinx
    except ImportError as error:
        raise MsmdError('pocketsphinx is needed: pip install "msmd[train]"') from error
    with open(pocketsphinx.get_model_path("en-us/cmudict-en-us.dict"), encoding="utf-8") as lines:  # noqa: PTH123
        words = (line.split()[0] for line in lines)
        return [word for word in words if word.isalpha() and 2 < len(word) < 12]
