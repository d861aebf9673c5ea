"""What the name of a label column says: that it points to a person, is an age, or a gender.

The deny-list is a table of ideas, each in the same five languages, so that what is known in one is
known in all.  Ideas follow the 18 identifiers of HIPAA's Safe Harbor, 45 CFR 164.514(b)(2)(i), and
add who examined or treated somebody, and free text.  No such list is complete.
"""

import re
import unicodedata
from collections.abc import Mapping
from fnmatch import translate
from itertools import pairwise

from ..labels.base import AGE, GENDER

LANGUAGES = ("English", "German", "French", "Spanish", "Chinese")
IDEAS: Mapping[str, tuple[str, str, str, str, str]] = {
    "name": (
        "*name* initials alias given",
        "initialen kuerzel kurzel",
        "nom noms prenom prenoms surnom initiales sobriquet",
        "nombre nombres apellido apellidos iniciales apodo",
        "姓名 名字 昵称 姓氏",
    ),
    "person": (
        "patient patients subj subject client",
        "patientin patienten proband* versuchsperson klient klientin",
        "patiente sujet",
        "paciente pacientes sujeto cliente",
        "患者 病人 受试者",
    ),
    "relative": (
        "guardian caregiver spouse",
        "angehorige* angehoerige* vormund ehepartner",
        "conjoint tuteur aidant",
        "conyuge tutor familiar cuidador",
        "家属 监护人 配偶",
    ),
    "home": (
        "street *address* city town county village district zip zipcode postcode postal place"
        " location",
        "strasse ort wohnort *adresse* stadt gemeinde landkreis plz postleitzahl",
        "rue ville commune quartier domicile",
        "calle *direccion* ciudad pueblo municipio barrio provincia domicilio",
        "地址 住址 城市 街道 邮编",
    ),
    "institution": (
        "site ward clinic clinics hospital hospitals center centre practice room bed",
        "*klinik klinikum krankenhaus station praxis ambulanz zimmer bett einrichtung",
        "clinique hopital etablissement cabinet chambre lit",
        "clinica centro consultorio habitacion cama",
        "医院 诊所 科室 病房 床号 床位",
    ),
    "physician": (
        "doctor doctors dr gp physician physicians clinician psychiatrist practitioner nurse",
        "*arzt* *aerzt* psychiater psychiaterin pfleger pflegerin pflegekraft",
        "medecin medecins docteur psychiatre generaliste infirmier infirmiere clinicien*",
        "medico medicos medica doctora psiquiatra enfermero enfermera facultativo",
        "医生 医师 大夫 护士",
    ),
    "therapist": (
        "*therapist *therapists psychologist counselor counsellor",
        "*therapeut *therapeutin *therapeuten psychologe psychologin behandler* betreuer*",
        "*therapeute *therapeutes psychologue",
        "*terapeuta *terapeutas psicologo psicologa consejero",
        "治疗师 咨询师 心理师",
    ),
    "examiner": (
        "interviewer interviewers rater raters examiner assessor by",
        "untersucher* gutachter* beurteiler* durch",
        "enqueteur enquetrice examinateur examinatrice evaluateur evaluatrice par",
        "entrevistador* examinador* evaluador* por",
        "评估者 访谈者 检查者 评定者",
    ),
    "date": (
        "*date* day month year time *birth* dob born death died admission discharge visit",
        "*datum* tag monat jahr jahrgang uhrzeit *geburt* gestorben verstorben aufnahme entlassung"
        " termin",
        "jour mois annee heure naissance deces sortie rendezvous",
        "fecha* dia mes ano hora nacimiento muerte fallecimiento ingreso egreso visita cita",
        "日期 年份 月份 时间 出生 生日 死亡 入院 出院",
    ),
    "contact": (
        "*phone* tel mobile fax *mail* url web website contact",
        "*telefon* handy* mobil kontakt webseite",
        "*telephone* portable courriel site",
        "*telefono* movil celular correo contacto",
        "电话 手机 邮箱 邮件 传真 联系方式 网址",
    ),
    "record": (
        "id uid code number nr key ssn mrn insurance account licence license plate passport",
        "*nummer* akte* fall kennung kennziffer versicherung konto kennzeichen ausweis",
        "numero* dossier identifiant assurance compte permis plaque passeport cle",
        "expediente identificador codigo seguro cuenta licencia matricula dni pasaporte clave",
        "编号 号码 身份证 病历号 账号 保险 车牌 护照",
    ),
    "device": (
        "device serial ip mac gps lat lon latitude longitude",
        "geraet gerat breitengrad laengengrad langengrad",
        "appareil",
        "dispositivo latitud longitud",
        "设备 序列号 纬度 经度",
    ),
    "picture or file": (
        "photo picture image file path",
        "foto bild bilder datei pfad",
        "fichier chemin",
        "imagen archivo fichero ruta",
        "照片 图片 图像 文件 路径",
    ),
    "work": (
        "employer school occupation profession job workplace company nationality",
        "arbeitgeber schule beruf arbeitsplatz firma nationalitat nationalitaet",
        "employeur ecole metier emploi entreprise nationalite",
        "empleador empresa escuela colegio profesion ocupacion trabajo nacionalidad",
        "职业 单位 学校 雇主 公司 国籍",
    ),
    "comment": (
        "*comment* note notes remark remarks memo",
        "*kommentar* bemerkung* anmerkung* notiz* hinweis*",
        "remarque* observation*",
        "comentario* nota notas observacion*",
        "备注 评论 注释 意见",
    ),
    "free text": (
        "text texts freetext description narrative",
        "freitext* klartext beschreibung* sonstiges",
        "texte* recit",
        "texto* descripcion* relato otros",
        "文本 说明 描述 叙述",
    ),
    "findings": (
        "finding findings anamnesis epicrisis",
        "*befund* anamnese* arztbrief* entlassbrief* epikrise *bericht*",
        "constat* antecedents lettre compte rendu",
        "hallazgo* antecedentes informe* carta",
        "病史 所见 报告 病程 诊断意见",
    ),
}
"""Idea -> words of a column's name that point to it, a cell a language; ``*`` stands for any
letters.  What two languages spell alike stands in the first.  Chinese has no spaces: there a word
may stand anywhere."""
PHRASES = frozenset({("case", "no")})
"""The same in two words, each of which says nothing."""
AGES = frozenset({AGE, "ages", "alter", "lebensalter", "âge", "edad", "年龄"})
"""Words that name an age in years."""
GENDERS = frozenset({GENDER, "sex", "geschlecht", "sexe", "genre", "sexo", "genero", "性别"})
"""Words that name a gender."""


def points_to_a_person(name: str) -> bool:
    """Say whether a word of a column's name is on the deny-list; accents do not matter."""
    words = [_without_accents(word).rstrip("0123456789") for word in words_of(name)]
    return (
        any(_SPACED.fullmatch(word) for word in words)
        or _UNSPACED.search(name) is not None
        or not PHRASES.isdisjoint(pairwise(words))
    )


def is_legible(name: str) -> bool:
    """Say whether a column's name is in letters that the lists here can judge."""
    words = words_of(name)
    return bool(words) and all(word.isascii() or word in AGES | GENDERS for word in words)


def is_age(name: str) -> bool:
    """Say whether a word of a column's name is an age."""
    return not AGES.isdisjoint(words_of(name))


def is_only_age(name: str) -> bool:
    """Say whether a column's name says an age and nothing else."""
    return AGES.issuperset(words_of(name))


def is_gender(name: str) -> bool:
    """Say whether a column's name says a gender and nothing else."""
    return GENDERS.issuperset(words_of(name))


def words_of(name: str) -> list[str]:
    """Take a name apart: ``DateOfBirth``, ``date_of_birth``, ``PHQ8_Score``."""
    composed = unicodedata.normalize("NFC", name)
    apart = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", composed)
    return [word for word in re.split(r"[\W_]+", apart.casefold()) if word]


def _without_accents(word: str) -> str:
    apart = unicodedata.normalize("NFD", word)
    return "".join(letter for letter in apart if not unicodedata.combining(letter))


_SPACED = re.compile(
    "|".join(translate(word) for idea in IDEAS.values() for of in idea[:-1] for word in of.split())
)
_UNSPACED = re.compile("|".join(word for idea in IDEAS.values() for word in idea[-1].split()))
