"""The table of records, with the first three."""

from django.db import migrations, models


def stock(apps, schema_editor):
    record = apps.get_model("shop", "Record")
    for title in ["Nuages", "Minor Swing", "Djangology"]:
        record.objects.create(title=title)


class Migration(migrations.Migration):
    initial = True
    operations = [
        migrations.CreateModel(
            name="Record",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("title", models.CharField(max_length=100, unique=True)),
            ],
        ),
        migrations.RunPython(stock, migrations.RunPython.noop),
    ]
